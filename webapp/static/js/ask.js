// The small dialog: whatever lands in #ask is asked at once; Escape or the quiet button takes it back.
const ask = document.querySelector("#ask")

new MutationObserver(() => {
  if (ask.childElementCount && !ask.open) ask.showModal()
  if (!ask.childElementCount && ask.open) ask.close()
  const focus = ask.querySelector("[autofocus]")
  if (focus && !ask.contains(document.activeElement)) focus.focus()
  ask.querySelector("[aria-invalid], .wrong + *")?.focus?.()
}).observe(ask, { childList: true })

ask.addEventListener("close", () => ask.childElementCount && (ask.replaceChildren(), ask.dispatchEvent(new CustomEvent("dozor:put-back", { bubbles: true }))))
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
  window.htmx.ajax("GET", link.getAttribute("href"), { target: "#ask", swap: "none" }).finally(() => link.removeAttribute("aria-busy"))
})
