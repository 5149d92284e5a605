// A hurried hand presses twice: what waits for its answer takes no second press. (htmx would send it again afterwards.)
const refuse = (event, waiting) => {
  if (!waiting) return
  event.preventDefault()
  event.stopImmediatePropagation()
}
document.addEventListener("submit", (event) => refuse(event, event.target.matches(".htmx-request")), true)
document.addEventListener("click", (event) => refuse(event, event.target.closest(":is(button, a).htmx-request")), true)
