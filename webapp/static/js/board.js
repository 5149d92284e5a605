// Moving cards. The drag is optimistic, the server's answer decides: refused, the card slides back and the small form
// asks; stale, it goes where the truth is. A card stands by its data-at and data-position, whoever brings it.
import { glide } from "./motion.js"
import { parse } from "./toasts.js"

const board = document.querySelector("[data-board]")
const says = document.querySelector("#says")
const HELD = ".lifted, .waiting, .ghost, .held" // in somebody's hand, or on its way: nothing moves it under them
const missed = new Map() // what came meanwhile for a card that is held; null: it is gone
export let isLifting = false

export const speak = (text) => { says.textContent = ""; requestAnimationFrame(() => { says.textContent = text }) }
export const isFiltered = () => board && board.getAttribute("hx-get") !== "/"
export const isBusy = () => isLifting || Boolean(board?.querySelector(".waiting"))
const list = (key) => board?.querySelector(`[data-stage="${CSS.escape(key)}"] [data-cards]`)
const place = (card) => [Number(card.dataset.position), Number(card.dataset.deal)]
const before = (a, b) => a[0] < b[0] || (a[0] === b[0] && a[1] < b[1])

// Puts a card into its column at its place, unless the place is below what has been loaded.
export function settle(card, arrived = false) {
  const cards = list(card.dataset.at)
  if (!cards) return card.remove()
  const mine = place(card)
  const next = [...cards.querySelectorAll(":scope > .card")].find((each) => each !== card && !each.matches(HELD) && before(mine, place(each)))
  const more = cards.querySelector(":scope > .more")
  if (!next && more && card.parentElement !== cards) return card.remove()
  const anchor = next ?? more ?? cards.querySelector(":scope > .empty")
  if (card.parentElement !== cards || card.nextElementSibling !== anchor) {
    const hadFocus = card.contains(document.activeElement)
    cards.insertBefore(card, anchor)
    if (hadFocus) focusOn(card)
  }
  if (arrived) card.classList.add("arrived")
}

// Where a hand puts a card: at the top of a column, above its words when it is empty.
export function lay(card, column) {
  const cards = column.querySelector("[data-cards]")
  cards.insertBefore(card, cards.querySelector(":scope > .card, :scope > .more, :scope > .empty"))
}

export function bring(html) {
  const fresh = parse(html)
  const old = document.getElementById(fresh.id)
  if (old?.matches(HELD)) return missed.set(fresh.dataset.deal, html)
  if (old && Number(fresh.dataset.version) < Number(old.dataset.version)) return // word of an earlier change came late
  if (!old && !list(fresh.dataset.at)) return
  const hadFocus = old?.contains(document.activeElement)
  glide(() => {
    if (old) {
      for (const kept of ["fresh", "chosen"]) fresh.classList.toggle(kept, old.classList.contains(kept))
      old.replaceWith(fresh)
    }
    settle(fresh, !old || old.dataset.at !== fresh.dataset.at)
  })
  window.htmx.process(fresh)
  if (hadFocus) focusOn(fresh)
}

export function takeAway(id) {
  const card = document.getElementById(`deal-${id}`)
  if (card?.matches(HELD)) return missed.set(String(id), null)
  if (card) glide(() => card.remove())
}

export const focusOn = (card) => card?.querySelector("a[data-sheet]")?.focus({ preventScroll: true })

// A hand lets go without a move: back to where it stood, and what it missed meanwhile.
export function putBack(card) {
  glide(() => settle(card))
  catchUpOn(card.dataset.deal)
}

function catchUpOn(deal) {
  if (!missed.has(deal)) return
  const html = missed.get(deal)
  missed.delete(deal)
  html === null ? takeAway(deal) : bring(html)
}

// One move, whoever's hand. Each waits for its own answer: other cards can be moved meanwhile, this one cannot.
export function move(card, key, fields) {
  const { deal, version } = card.dataset
  card.classList.add("waiting")
  return window.htmx
    .ajax("POST", `/deals/${deal}/moves`, { source: card, target: board, swap: "none", values: { stage: key, version, ...fields } })
    .finally(() => {
      document.getElementById(`deal-${deal}`)?.classList.remove("waiting")
      catchUpOn(deal)
    })
}

// Between which cards it lies: those that stand there, not those on their way.
export function neighbours(card) {
  const near = (step) => {
    let other = card[step]
    while (other?.matches(".card.waiting")) other = other[step]
    return other?.matches(".card") ? other.dataset.deal : null
  }
  const below = near("nextElementSibling"), above = near("previousElementSibling")
  return below ? { before: below } : above ? { after: above } : {}
}

const isMove = (ctx) => ctx?.request?.method === "POST" && /\/moves$/.test(ctx.request.action?.toString())
const isHand = (ctx) => isMove(ctx) && ctx.sourceElement?.matches?.("[data-board] .card.waiting")
function goBack(card) {
  card.classList.remove("waiting")
  glide(() => settle(card))
}
document.addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
  if (!isHand(ctx)) return
  if (ctx.response.status >= 400) return goBack(ctx.sourceElement)
  speak(board.dataset.moved.replace("{}", ctx.sourceElement.closest("[data-stage]").getAttribute("aria-label")))
})
document.addEventListener("htmx:error", ({ detail: { ctx } }) => isHand(ctx) && goBack(ctx.sourceElement))
document.addEventListener("dozor:put-back", () => board && speak(board.dataset.back))

// What is swapped under the focus takes the focus with it.
let focused = null
document.addEventListener("htmx:before:swap", (event) => {
  if (event.detail.ctx.target === board && event.detail.ctx.swap !== "none" && isBusy()) {
    event.preventDefault() // the whole board is not changed under a hand: it asks again when the hand is empty
    document.dispatchEvent(new CustomEvent("dozor:ask-again"))
  }
  if (isFiltered() && event.detail.ctx.sourceElement !== board) leaveHeads(event.detail.tasks)
  focused = document.activeElement?.closest("[data-board] .card")?.id
})
// An answer counts whole columns; under a filter the numbers are asked for.
function leaveHeads(tasks) {
  const others = tasks.filter(({ target }) => !/^#?(head|total)-/.test(target?.id ?? target))
  if (others.length < tasks.length) document.dispatchEvent(new CustomEvent("dozor:ask-again"))
  tasks.splice(0, tasks.length, ...others)
}
document.addEventListener("htmx:after:swap", (event) => {
  if (!board) return
  glide(() => {
    const seen = new Set() // a card may come twice: by the answer and by the socket
    for (const card of board.querySelectorAll(".card")) seen.has(card.id) ? card.remove() : seen.add(card.id)
    for (const card of board.querySelectorAll(".card:not(.lifted, .ghost, .waiting, .held)")) {
      if (card.closest("[data-stage]").dataset.stage !== card.dataset.at || card.id === event.detail.ctx.sourceElement?.id) settle(card)
    }
  })
  if (focused && document.activeElement === document.body) focusOn(document.getElementById(focused))
  if (isMove(event.detail.ctx) && event.detail.ctx.response?.status < 400) {
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

// One way of dragging for mouse and finger: the card itself is seen in the air, Escape can be heard meanwhile, and no
// browser's own dragging takes the touch away.
const sortables = new Map()
let isHeld = false // by a finger
let isTakenBack = false

function bind(cards) {
  if (sortables.has(cards) || !window.Sortable) return
  sortables.set(cards, window.Sortable.create(cards, {
    group: "cards", draggable: ".card:not(.waiting)", filter: ".more, .empty, .need", preventOnFilter: false, animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 150, ghostClass: "ghost", dragClass: "lifted",
    delay: 250, delayOnTouchOnly: true, touchStartThreshold: 6, scroll: true, bubbleScroll: true, scrollSensitivity: EDGE, scrollFn: onlyAtTheEdge, forceFallback: true, fallbackOnBody: true, fallbackTolerance: 4,
    onChoose: chosen,
    onUnchoose: letGo,
    onStart: ({ item }) => {
      for (const name of ["id", "data-deal"]) window.Sortable.ghost.removeAttribute(name) // what is in the air is a likeness
      window.Sortable.ghost.setAttribute("aria-hidden", "true")
      window.Sortable.ghost.inert = true
      isLifting || hint(item)
    },
    onEnd: ({ item, from, to, oldIndex, newIndex }) => {
      unhint()
      isTakenBack || (from === to && oldIndex === newIndex) ? putBack(item) : dropped({ item, to })
    },
  }))
}

// Sortable looks at the pointer every 30 ms: one that leaves the edge between two looks and rests would scroll on for ever.
// So each step asks where it is now.
const EDGE = 60
let pointer = null
document.addEventListener("pointermove", (event) => { pointer = event }, true)
function onlyAtTheEdge(across, down, event, touch, place) {
  if (!pointer) return "continue"
  const { left, right, top, bottom } = place.getBoundingClientRect()
  const isNear = (at, one, other) => Math.min(Math.abs(at - one), Math.abs(at - other)) <= EDGE
  return (across && isNear(pointer.clientX, left, right)) || (down && isNear(pointer.clientY, top, bottom)) ? "continue" : null
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
  if (!window.Sortable.active) catchUpOn(item.dataset.deal)
}

// The hand is opened where it is, and everything is where it was.
function takeBack() {
  isTakenBack = true
  document.dispatchEvent(new PointerEvent("pointerup", { pointerType: isHeld ? "touch" : "mouse" }))
}
// A touch that the system or a second finger takes away is no drop.
for (const kind of ["pointercancel", "touchcancel"]) document.addEventListener(kind, () => isHeld && takeBack(), true)
document.addEventListener("touchstart", (event) => isHeld && event.touches.length > 1 && takeBack(), true)
// What is held neither scrolls the board, nor offers the link's menu, nor opens the deal when it is let go.
document.addEventListener("touchmove", (event) => isHeld && event.cancelable && event.preventDefault(), { passive: false })
document.addEventListener("contextmenu", (event) => isHeld && event.preventDefault())
function swallow(event) {
  event.preventDefault()
  event.stopPropagation()
}

function dropped({ item, to }) {
  const drop = to.closest("[data-drop]")
  const key = drop ? drop.dataset.drop : to.closest("[data-stage]").dataset.stage
  if (drop) lay(item, list(key).closest("[data-stage]"))
  move(item, key, drop ? {} : neighbours(item))
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !window.Sortable?.active) return
  event.preventDefault()
  event.stopImmediatePropagation()
  takeBack()
  speak(board.dataset.back)
}, true)

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
  if (head) fold()
})
export function fold() {
  const button = document.querySelector("[data-fold]")
  button?.setAttribute("aria-expanded", button.closest("[data-stage]").hasAttribute("data-open"))
}
document.addEventListener("htmx:after:swap", fold)
