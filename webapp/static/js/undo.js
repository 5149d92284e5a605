// Undo: the button of the freshest change, or Ctrl-Z; once pressed, its toast has nothing more to say.
import { isLetter } from "./keys.js"
import { sayWhyNot } from "./why-not.js"

const BUSY = 503 // nothing was done, so the button has still something to do
const stack = document.querySelector("#toasts")
const underway = new Set() // what is being saved: its toast is still to come
let wanted = 0

const freshest = () => [...stack.querySelectorAll("[data-undo]:not([data-pressed])")].pop()

// Pressed before the answer is here, Ctrl-Z means what is being saved and not the change before it.
function pressWanted() {
  if (!wanted || underway.size) return
  wanted -= 1
  const undo = freshest()
  if (!undo) return
  // It may have come this very moment, and what htmx has not seen yet does nothing.
  window.htmx.process(undo.form || undo)
  undo.click()
}

document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.shiftKey || !isLetter(event, "z")) return
  if (event.target.matches("input, textarea") || document.querySelector("[data-undo-draft]")) return
  event.preventDefault()
  if (!freshest() && !underway.size) return sayWhyNot("no-undo")
  wanted += 1
  pressWanted()
})
// Between its answer and its going a toast is still there: the next Ctrl-Z means the move before it.
stack.addEventListener("click", ({ target }) => {
  target.closest("[data-undo]")?.setAttribute("data-pressed", "")
})
document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
  if (ctx.request.method !== "GET") underway.add(ctx)
})
// Not before the answer is in its place: what is swapped for a button that is gone is dropped, and a refusal unheard.
document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
  const toast = ctx.sourceElement?.closest?.("[data-brief]")
  if (ctx.response && ctx.response.status !== BUSY) toast?.remove()
  else toast?.querySelector("[data-undo]")?.removeAttribute("data-pressed")
  if (underway.delete(ctx)) pressWanted()
})
