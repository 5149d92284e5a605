// Lists whose order is dragged: the server is told behind what a row stands now, and answers with the list.
import { speak } from "./says.js"

const bound = new WeakSet()

function dropped({ item, from, oldIndex, newIndex }) {
  if (oldIndex === newIndex) return
  const after = item.previousElementSibling?.dataset.key ?? ""
  const setup = document.querySelector("#setup")
  const sent = { source: setup, target: "#setup", swap: "none", values: { after } } // no editor is opened by it
  const address = `${from.dataset.orders}/${item.dataset.key}/moves`
  window.htmx.ajax("POST", address, sent).then(() => speak(setup.dataset.moved))
}

function bindAll() {
  for (const list of document.querySelectorAll("[data-orders]")) {
    if (bound.has(list) || !window.Sortable) continue
    bound.add(list)
    window.Sortable.create(list, {
      draggable: "[data-key]", ghostClass: "ghost", delay: 250, delayOnTouchOnly: true, touchStartThreshold: 6,
      forceFallback: true, fallbackTolerance: 4, onEnd: dropped,
      animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 150,
    })
  }
}
if (document.readyState === "complete" || window.Sortable) bindAll()
else window.addEventListener("load", bindAll)
document.addEventListener("htmx:after:swap", bindAll)
