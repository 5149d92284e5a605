// The small dialog: whatever lands in #ask is asked at once; Escape or the quiet button takes it back.
import { focusOn } from "./cards.js"

const ask = document.querySelector("#ask")
let from = null // the id of the card from which it was asked: the focus goes back there, though it be another by then

new MutationObserver(() => {
  if (ask.childElementCount && !ask.open) {
    from = document.activeElement.closest(".card")?.id
    ask.showModal()
  }
  if (!ask.childElementCount && ask.open) ask.close()
  const focus = ask.querySelector("[autofocus]")
  if (focus && !ask.contains(document.activeElement)) focus.focus()
  ask.querySelector("[aria-invalid], .wrong + *")?.focus?.()
}).observe(ask, { childList: true })

ask.addEventListener("close", () => {
  const isPutBack = ask.querySelector("[data-required-form]")
  if (isPutBack) ask.dispatchEvent(new CustomEvent("dozor:put-back", { bubbles: true }))
  ask.replaceChildren()
  if (from && document.activeElement === document.body) focusOn(document.getElementById(from))
})
ask.addEventListener("click", (event) => {
  if (event.target === ask) ask.close()
  if (event.target.closest("[data-close]")) {
    event.preventDefault()
    ask.close()
  }
})
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-move-to]")
  if (!link || event.metaKey || event.ctrlKey) return
  event.preventDefault()
  link.setAttribute("aria-busy", "true")
  const answer = window.htmx.ajax("GET", link.getAttribute("href"), { target: "#ask", swap: "none" })
  answer.finally(() => link.removeAttribute("aria-busy"))
})
