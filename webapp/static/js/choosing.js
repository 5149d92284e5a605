// Who is offered under a name goes with the form that is reset; an opened picker is typed into at once.
document.addEventListener("reset", ({ target }) => {
  for (const each of target.querySelectorAll(".choosing")) each.replaceChildren()
})
document.addEventListener("toggle", ({ target }) => {
  if (target.matches?.("[data-picker][open]")) target.querySelector("input[type=search]")?.focus()
}, true)
