// Undo: the button of the freshest move, or Ctrl-Z; once pressed, its toast has nothing more to say.
import { isLetter } from "./keys.js"

const BUSY = 503 // nothing was done, so the button has still something to do
const stack = document.querySelector("#toasts")

document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.shiftKey || !isLetter(event, "z")) return
  if (event.target.matches("input, textarea")) return
  const undo = [...stack.querySelectorAll("[data-undo]:not([data-pressed])")].pop()
  if (undo) event.preventDefault(), undo.click()
})
// Between its answer and its going a toast is still there: the next Ctrl-Z means the move before it.
stack.addEventListener("click", ({ target }) => {
  target.closest("[data-undo]")?.setAttribute("data-pressed", "")
})
// Not before the answer is in its place: what is swapped for a button that is gone is dropped, and a refusal unheard.
document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
  const toast = ctx.sourceElement?.closest?.("[data-brief]")
  if (ctx.response && ctx.response.status !== BUSY) toast?.remove()
  else toast?.querySelector("[data-undo]")?.removeAttribute("data-pressed")
})
