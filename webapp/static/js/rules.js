// Robots and triggers are dragged among the stages; the server's answer says where they are then.
import { speak } from "./says.js"

const setup = document.querySelector("#setup")
const sortables = new WeakMap()

function bind(list) {
  if (sortables.has(list) || !window.Sortable) return
  sortables.set(list, window.Sortable.create(list, {
    group: list.dataset.rules, draggable: ".rule", ghostClass: "ghost", delay: 250, delayOnTouchOnly: true,
    touchStartThreshold: 6, forceFallback: true, fallbackOnBody: true, fallbackTolerance: 4,
    animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 150, onEnd: dropped,
  }))
}

function dropped({ item, to, from, oldIndex, newIndex }) {
  if (to === from && oldIndex === newIndex) return
  const after = item.previousElementSibling?.dataset.key ?? ""
  const address = `/automation/${setup.dataset.pipeline}/${to.dataset.rules}/${item.dataset.key}/moves`
  const sent = { source: setup, target: "#setup", swap: "none", values: { stage: to.dataset.stageKey, after } }
  window.htmx.ajax("POST", address, sent).then(() => speak(setup.dataset.moved))
}

function bindAll() {
  for (const list of setup?.querySelectorAll("[data-rules]") ?? []) bind(list)
}
if (document.readyState === "complete" || window.Sortable) bindAll()
else window.addEventListener("load", bindAll)
document.addEventListener("htmx:after:swap", bindAll)
