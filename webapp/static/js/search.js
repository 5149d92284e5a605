// The panel under the search: arrows walk over what was found, Escape leaves an empty field.
const field = document.querySelector("#search")
const panel = document.querySelector("#found")

document.addEventListener("keydown", (event) => {
  if (!event.target.closest("form.search") || !["ArrowDown", "ArrowUp", "Escape"].includes(event.key)) return
  if (event.key === "Escape") {
    if (event.target === field && field.value) return // the browser empties it
    event.target === field ? field.blur() : field.focus()
  } else {
    const stops = [field, ...panel.querySelectorAll("a")]
    stops[stops.indexOf(event.target) + (event.key === "ArrowDown" ? 1 : -1)]?.focus()
  }
  event.preventDefault()
  event.stopImmediatePropagation()
}, true)
