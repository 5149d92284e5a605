// One way of dragging for mouse and finger: the card itself is seen in the air, Escape can be heard meanwhile, and no
// browser's own dragging takes the touch away.
import { board, catchUpOn, column, lay, neighbours, putBack, remember } from "./cards.js"
import { isFixed } from "./fixed.js"
import { move } from "./moves.js"
import { hint, isLifting, unhint } from "./needs.js"
import { speak } from "./says.js"
import { EDGE, onlyAtTheEdge } from "./scroll.js"
import { hold, isHeld, letGo } from "./touch.js"

const sortables = new Map()
let isTakenBack = false
let earlierStart // the timer of the start of the drag before this one

const options = () => ({
  group: "cards", draggable: ".card:not(.waiting)",
  filter: (event, card) => Boolean(card && isFixed(card)), preventOnFilter: false,
  animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 150,
  ghostClass: "ghost", dragClass: "lifted",
  delay: 250, delayOnTouchOnly: true, touchStartThreshold: 6,
  scroll: true, bubbleScroll: true, scrollSensitivity: EDGE, scrollFn: onlyAtTheEdge,
  forceFallback: true, fallbackOnBody: true, fallbackTolerance: 4,
  onChoose: chosen, onUnchoose: unchosen, onStart: started, onEnd: ended,
})

function bind(cards) {
  if (!sortables.has(cards) && window.Sortable) sortables.set(cards, window.Sortable.create(cards, options()))
}

function chosen(event) {
  isTakenBack = false
  remember(event.item)
  earlierStart = sortables.get(event.from)?._dragStartId
  hold(event)
}

function unchosen(event) {
  letGo(event)
  unhint()
  if (!window.Sortable.active) catchUpOn(event.item.dataset.deal)
}

// What is in the air is a likeness.
function started({ item }) {
  const likeness = window.Sortable.ghost
  for (const name of ["id", "data-deal"]) likeness.removeAttribute(name)
  likeness.setAttribute("aria-hidden", "true")
  likeness.inert = true
  isLifting || hint(item)
}

function ended({ item, from, to, oldIndex, newIndex }) {
  unhint()
  isTakenBack || (from === to && oldIndex === newIndex) ? putBack(item) : dropped({ item, to })
}

function dropped({ item, to }) {
  const drop = to.closest("[data-drop]")
  const key = drop ? drop.dataset.drop : to.closest("[data-stage]").dataset.stage
  if (drop) lay(item, column(key))
  move(item, key, drop ? {} : neighbours(item))
}

// The hand is opened where it is, and everything is where it was.
function takeBack() {
  isTakenBack = true
  document.dispatchEvent(new PointerEvent("pointerup", { pointerType: isHeld ? "touch" : "mouse" }))
}
document.addEventListener("dozor:take-back", takeBack)
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !window.Sortable?.active) return
  event.preventDefault()
  event.stopImmediatePropagation()
  takeBack()
  speak(board.dataset.back)
}, true)

// Sortable looks twenty times a second at what lies under the card, and starts a drag by a timer: a quick hand has let
// go before. So it is made to look once more where the hand is opened.
function lookOnceMore(event) {
  const card = window.Sortable?.dragged
  const hand = card && !isTakenBack && sortables.get(window.Sortable.active?.el ?? card.parentElement)
  if (!hand || hand._dragStartId === earlierStart) return // pressed, and not moved
  if (!window.Sortable.active) hand._dragStarted(true, event)
  hand._onTouchMove(event)
  hand._emulateDragOver()
}
document.addEventListener("pointerup", lookOnceMore, true)

function bindAll() {
  if (!board) return
  for (const cards of board.querySelectorAll("[data-cards]")) bind(cards)
  for (const drop of document.querySelectorAll("[data-drop]")) bind(drop)
  for (const [cards] of sortables) if (!cards.isConnected) sortables.delete(cards)
}

if (document.readyState === "complete" || window.Sortable) bindAll()
else window.addEventListener("load", bindAll)
document.addEventListener("htmx:after:swap", bindAll)
