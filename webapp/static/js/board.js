// Moving cards. The drag is optimistic, the server's answer decides: refused, the card slides back and the small form
// asks; stale, it goes where the truth is. A card stands by its data-at and data-position, whoever brings it.
import { parse } from "./toasts.js"

const board = document.querySelector("[data-board]")
const says = document.querySelector("#says")
let awaited = null // {card, from, next} of the move that is being asked about
export let isLifting = false

export const speak = (text) => { says.textContent = ""; requestAnimationFrame(() => { says.textContent = text }) }
const list = (key) => board?.querySelector(`[data-stage="${CSS.escape(key)}"] [data-cards]`)
const place = (card) => [Number(card.dataset.position), Number(card.dataset.deal)]
const before = (a, b) => a[0] < b[0] || (a[0] === b[0] && a[1] < b[1])

// Puts a card into its column at its place, unless the place is below what has been loaded.
export function settle(card, arrived = false) {
  const cards = list(card.dataset.at)
  if (!cards) return card.remove()
  const mine = place(card)
  const next = [...cards.querySelectorAll(":scope > .card")].find((each) => each !== card && before(mine, place(each)))
  const more = cards.querySelector(":scope > .more")
  if (!next && more && card.parentElement !== cards) return card.remove()
  const anchor = next ?? more ?? cards.querySelector(":scope > .empty")
  const at = card.nextElementSibling
  if (card.parentElement !== cards || (at !== anchor && !(at === null && !anchor))) glide(card, () => cards.insertBefore(card, anchor))
  if (arrived) card.classList.add("arrived")
}

// Motion says where a thing went: from its old place to the new one.
function glide(card, change) {
  const from = card.isConnected ? card.getBoundingClientRect() : null
  change()
  if (!from || matchMedia("(prefers-reduced-motion: reduce)").matches) return
  const to = card.getBoundingClientRect()
  card.animate([{ translate: `${from.x - to.x}px ${from.y - to.y}px` }, { translate: "0 0" }], { duration: 180, easing: "cubic-bezier(.2,.8,.2,1)" })
}

export function bring(html) {
  const fresh = parse(html)
  const old = document.getElementById(fresh.id)
  if (old?.matches(".lifted, .waiting, .ghost, .held")) return // a card in somebody's hand is not moved under it
  const moved = !old || old.dataset.at !== fresh.dataset.at
  if (old) {
    fresh.classList.toggle("fresh", old.classList.contains("fresh"))
    old.replaceWith(fresh)
  } else if (!list(fresh.dataset.at)) return
  settle(fresh, moved)
  window.htmx.process(fresh)
}

export function takeAway(id) {
  const card = document.getElementById(`deal-${id}`)
  if (card && !card.matches(".lifted, .waiting, .held")) card.remove()
}

// One move, whoever's hand: keeps where the card came from until the server has answered.
export function move(card, key, fields, home) {
  awaited = { id: card.dataset.deal, ...home }
  card.classList.add("waiting")
  sorting(false)
  return window.htmx
    .ajax("POST", `/deals/${card.dataset.deal}/moves`, { source: board, target: board, swap: "none", values: { stage: key, version: card.dataset.version, ...fields } })
    .catch(() => putBack())
    .finally(() => {
      sorting(true)
      document.getElementById(`deal-${card.dataset.deal}`)?.classList.remove("waiting")
    })
}

export function home(card) {
  return { from: card.parentElement, next: card.nextElementSibling }
}

function bringBack(card, { from, next }) {
  if (from?.isConnected) glide(card, () => from.insertBefore(card, next?.parentElement === from ? next : null))
}

function putBack() {
  const card = awaited && document.getElementById(`deal-${awaited.id}`)
  if (!card) return
  bringBack(card, awaited)
  card.classList.remove("waiting")
}

document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = event.detail
  const isMove = ctx.request?.action?.toString().includes("/moves") && ctx.request?.method === "POST"
  if (isMove && ctx.response.status >= 400 && ctx.sourceElement === board) putBack()
})
document.addEventListener("htmx:error", () => putBack())
document.addEventListener("dozor:put-back", () => { awaited = null; board && speak(board.dataset.back) })

document.addEventListener("htmx:after:swap", (event) => {
  const seen = new Set() // a card may come twice: by the answer and by the socket
  for (const card of document.querySelectorAll("[data-board] .card")) seen.has(card.id) ? card.remove() : seen.add(card.id)
  for (const card of document.querySelectorAll("[data-board] .card")) {
    const column = card.closest("[data-stage]")
    if (column?.dataset.stage !== card.dataset.at || card.classList.contains("waiting")) settle(card)
  }
  const { ctx } = event.detail
  if (ctx.request?.method === "POST" && ctx.request.action?.toString().includes("/moves") && ctx.response?.status < 400) {
    const sheet = document.querySelector("#deal-sheet")
    if (sheet) window.htmx.trigger(sheet, "refresh")
  }
})

// What a column will ask for is said while the card is in the air.
const label = (name) => document.querySelector(`[data-field-label="${CSS.escape(name)}"]`)?.content.textContent ?? name
export function hint(card) {
  isLifting = true
  document.body.classList.add("lifting")
  fetch(`/deals/${card.dataset.deal}/needs`, { headers: { "HX-Request": "true" } })
    .then((answer) => (answer.ok ? answer.json() : {}))
    .then((needs) => {
      if (!isLifting) return
      for (const [key, fields] of Object.entries(needs)) {
        const column = board.querySelector(`[data-stage="${CSS.escape(key)}"]`)
        if (!column || !fields.length) continue
        column.classList.add("blocked")
        column.querySelector("[data-need]").textContent = board.dataset.needs.replace("{}", fields.join(", "))
        document.querySelector(`[data-drop="${CSS.escape(key)}"]`)?.classList.add("blocked")
      }
    })
    .catch(() => {})
}
export function unhint() {
  isLifting = false
  document.body.classList.remove("lifting")
  for (const each of document.querySelectorAll(".col.blocked, .drop.blocked")) each.classList.remove("blocked")
}

// Where there is a finger, Sortable drags by itself: a browser's own dragging takes the touch away.
const sortables = new Map()
const sorting = (on) => sortables.forEach((each) => each.option("disabled", !on))
let start = null
let isHeld = false // by a finger
let isTakenBack = false

function bind(cards) {
  if (sortables.has(cards) || !window.Sortable) return
  sortables.set(cards, window.Sortable.create(cards, {
    group: "cards", draggable: ".card", filter: ".more, .empty, .need", preventOnFilter: false, animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 150, ghostClass: "ghost", dragClass: "lifted",
    delay: 250, delayOnTouchOnly: true, touchStartThreshold: 6, scroll: true, bubbleScroll: true, scrollSensitivity: EDGE, scrollFn: onlyAtTheEdge, forceFallback: matchMedia("(any-pointer: coarse)").matches,
    onChoose: chosen,
    onUnchoose: letGo,
    onStart: ({ item }) => { start = home(item); isLifting || hint(item) },
    onEnd: unhint,
    onAdd: dropped,
    onUpdate: dropped,
  }))
}

// Sortable may go on scrolling after the finger has left the edge, when it came over another column: each step looks anew.
const EDGE = 60
let finger = null
document.addEventListener("pointermove", (event) => { finger = event }, true)
function onlyAtTheEdge(across, down, event, touch, place) {
  if (!isHeld || !finger) return "continue"
  const { left, right, top, bottom } = place.getBoundingClientRect()
  const isNear = (at, one, other) => Math.min(Math.abs(at - one), Math.abs(at - other)) <= EDGE
  return (across && isNear(finger.clientX, left, right)) || (down && isNear(finger.clientY, top, bottom)) ? "continue" : null
}

// A finger that rests lifts the card at once, before it moves.
function chosen({ item, originalEvent }) {
  isTakenBack = false
  if (originalEvent.pointerType !== "touch" && !originalEvent.touches) return
  isHeld = true
  item.classList.add("held")
  hint(item)
  if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.(8)
}

function letGo({ item, originalEvent }) {
  if (isHeld && originalEvent) addEventListener("click", swallow, { capture: true, once: true }), setTimeout(() => removeEventListener("click", swallow, true), 100)
  isHeld = false
  item.classList.remove("held")
  unhint()
}

// A touch that the system or a second finger takes away is no drop: everything is where it was.
function takeBack() {
  if (!isHeld) return
  isTakenBack = true
  document.dispatchEvent(new PointerEvent("pointerup", { pointerType: "touch" }))
}
for (const kind of ["pointercancel", "touchcancel"]) document.addEventListener(kind, takeBack, true)
document.addEventListener("touchstart", (event) => event.touches.length > 1 && takeBack(), true)
// What is held neither scrolls the board, nor offers the link's menu, nor opens the deal when it is let go.
document.addEventListener("touchmove", (event) => isHeld && event.cancelable && event.preventDefault(), { passive: false })
document.addEventListener("contextmenu", (event) => isHeld && event.preventDefault())
function swallow(event) {
  event.preventDefault()
  event.stopPropagation()
}

function dropped({ item, to }) {
  if (isTakenBack) return bringBack(item, start)
  const drop = to.closest("[data-drop]")
  const key = drop ? drop.dataset.drop : to.closest("[data-stage]").dataset.stage
  const next = item.nextElementSibling?.matches(".card") ? item.nextElementSibling : null
  const previous = item.previousElementSibling?.matches(".card") ? item.previousElementSibling : null
  if (drop) list(key)?.prepend(item)
  const fields = drop ? {} : next ? { before: next.dataset.deal } : previous ? { after: previous.dataset.deal } : {}
  move(item, key, fields, start)
}

function bindAll() {
  if (!board) return
  for (const cards of board.querySelectorAll("[data-cards]")) bind(cards)
  for (const drop of document.querySelectorAll("[data-drop]")) bind(drop)
  for (const [cards] of sortables) if (!cards.isConnected) sortables.delete(cards)
}

if (document.readyState === "complete" || window.Sortable) bindAll()
else window.addEventListener("load", bindAll)
document.addEventListener("htmx:after:swap", bindAll)

// Lost is a narrow column until it is wanted.
document.addEventListener("click", (event) => {
  const head = event.target.closest('[data-kind="lost"] > header')
  if (head) head.parentElement.toggleAttribute("data-open")
})
