// Undo: the button of the freshest move, or Ctrl-Z; once pressed, its toast has nothing more to say.
import { isLetter } from "./keys.js"

const stack = document.querySelector("#toasts")

document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.shiftKey || !isLetter(event, "z")) return
  if (event.target.matches("input, textarea")) return
  const undo = [...stack.querySelectorAll("[data-undo]")].pop()
  if (undo) event.preventDefault(), undo.click()
})
document.addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
  ctx.sourceElement?.closest?.("[data-brief]")?.remove()
})
