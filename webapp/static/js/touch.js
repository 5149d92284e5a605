// A finger on a card. One that rests lifts it at once, before it moves; from then on the page neither scrolls, nor
// offers the link's menu, nor opens the deal when it is let go. A touch that the system takes away is no drop.
import { hint } from "./needs.js"

export let isHeld = false

export function hold({ item, originalEvent }) {
  if (originalEvent.pointerType !== "touch" && !originalEvent.touches) return
  isHeld = true
  item.classList.add("held")
  hint(item)
  if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.(8)
}

export function letGo({ item, originalEvent }) {
  if (isHeld && originalEvent) swallowClick()
  isHeld = false
  item.classList.remove("held")
}

// Letting go is followed by a click, if at all, within a moment.
function swallowClick() {
  addEventListener("click", swallow, { capture: true, once: true })
  setTimeout(() => removeEventListener("click", swallow, true), 100)
}

function swallow(event) {
  event.preventDefault()
  event.stopPropagation()
}

const takeBack = () => document.dispatchEvent(new CustomEvent("dozor:take-back"))
for (const kind of ["pointercancel", "touchcancel"]) document.addEventListener(kind, () => isHeld && takeBack(), true)
document.addEventListener("touchstart", (event) => isHeld && event.touches.length > 1 && takeBack(), true)

const still = (event) => isHeld && event.cancelable && event.preventDefault()
document.addEventListener("touchmove", still, { passive: false })
document.addEventListener("contextmenu", still)
