// Who is offered under a name goes with the form that is reset; an opened picker is typed into at once.
document.addEventListener("reset", ({ target }) => {
  for (const each of target.querySelectorAll(".choosing")) each.replaceChildren()
})
document.addEventListener("toggle", ({ target }) => {
  if (target.matches?.("[data-picker][open]")) target.querySelector("input[type=search]")?.focus()
}, true)

// Arrows go from the name that is typed to those who are offered under it, and back, as under the search: whoever one
// comes to is chosen, where they are to be chosen and not pressed.
document.addEventListener("keydown", (event) => {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return
  const target = event.target.getAttribute("hx-target")
  const list = event.target.closest(".choosing") ?? (target?.startsWith("#") && document.querySelector(target))
  if (!list || !list.matches(".choosing")) return
  const stops = [document.querySelector(`[hx-target="#${list.id}"]`), ...list.querySelectorAll("[type=radio], button")]
  const next = stops[stops.indexOf(event.target) + (event.key === "ArrowDown" ? 1 : -1)]
  if (!next) return
  event.preventDefault()
  next.focus()
  if (next.type === "radio") next.click()
})
