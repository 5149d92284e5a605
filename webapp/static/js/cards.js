// Where cards stand: each by its data-column and data-position, whoever brings it; on a sorted board only the server
// knows the order, and is asked again. What is in somebody's hand, or on its way, is left alone; what came for it
// meanwhile is caught up on when the hand is empty.
import { mark } from "./fixed.js"
import { parse } from "./html.js"
import { glide } from "./motion.js"

export const board = document.querySelector("[data-board]")
const HELD = ".lifted, .waiting, .ghost, .held"
const isSorted = Boolean(board?.hasAttribute("data-sorted"))
const missed = new Map() // by deal; null: it is gone
const lifted = new WeakMap() // by card: what lay below it where a hand took it up, from the nearest on
// By the stage's id: another pipeline may have a column of that key.
const list = (card) => board?.querySelector(`#cards-${card.dataset.column}`)
const place = (card) => [Number(card.dataset.position), Number(card.dataset.deal)]
const before = (a, b) => a[0] < b[0] || (a[0] === b[0] && a[1] < b[1])

export const column = (key) => board?.querySelector(`[data-stage="${CSS.escape(key)}"]`)
export const focusOn = (card) => card?.querySelector("a[data-sheet]")?.focus({ preventScroll: true })

// Puts a card into its column at its place, unless the place is below what has been loaded.
export function settle(card, arrived = false) {
  const cards = list(card)
  if (!cards) return card.remove()
  if (isSorted) {
    if (card.parentElement !== cards) put(card, topOf(cards), cards)
    document.dispatchEvent(new CustomEvent("dozor:ask-again"))
  } else {
    const next = nextOf(card, cards)
    if (!next && cards.querySelector(":scope > .more") && card.parentElement !== cards) return card.remove()
    put(card, next ?? endOf(cards), cards)
  }
  if (arrived) card.classList.add("arrived")
}

function put(card, anchor, cards) {
  if (card.parentElement === cards && card.nextElementSibling === anchor) return
  const hadFocus = card.contains(document.activeElement)
  cards.insertBefore(card, anchor)
  if (hadFocus) focusOn(card)
}

const topOf = (cards) => cards.querySelector(":scope > .card, :scope > .more, :scope > .empty")
const endOf = (cards) => cards.querySelector(":scope > .more") ?? cards.querySelector(":scope > .empty")

function nextOf(card, cards) {
  const mine = place(card)
  const others = [...cards.querySelectorAll(":scope > .card")].filter((each) => each !== card && !each.matches(HELD))
  return others.find((each) => before(mine, place(each)))
}

// Where a hand puts a card: at the top of a column, above its words when it is empty.
export function lay(card, column) {
  const cards = column.querySelector("[data-cards]")
  cards.insertBefore(card, topOf(cards))
}

// A hand takes a card up.
export function remember(card) {
  const below = []
  for (let other = card.nextElementSibling; other; other = other.nextElementSibling) below.push(other.id)
  lifted.set(card, below)
}

// To where it stood; on a sorted board that is above what lay below it, as far as that is still there.
export function layBack(card) {
  const cards = list(card), below = lifted.get(card)
  if (!isSorted || !cards || !below) return settle(card)
  const others = below.map((id) => id && document.getElementById(id))
  put(card, others.find((each) => each?.parentElement === cards && !each.matches(HELD)) ?? endOf(cards), cards)
}

export function bring(html) {
  const fresh = parse(html)
  const old = document.getElementById(fresh.id)
  if (old?.matches(HELD)) return missed.set(fresh.dataset.deal, html)
  if (old && Number(fresh.dataset.version) < Number(old.dataset.version)) return // word of an earlier change came late
  if (!old && !list(fresh)) return
  const hadFocus = old?.contains(document.activeElement)
  mark(fresh)
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
  if (!card) return
  glide(() => card.remove())
  document.dispatchEvent(new CustomEvent("dozor:taken-away"))
}

// A hand lets go without a move: back to where it stood, and what it missed meanwhile.
export function putBack(card) {
  glide(() => layBack(card))
  catchUpOn(card.dataset.deal)
}

export function catchUpOn(deal) {
  if (!missed.has(deal)) return
  const html = missed.get(deal)
  missed.delete(deal)
  html === null ? takeAway(deal) : bring(html)
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

// Whose request it was. Where what asked is replaced by the answer, htmx names the answer's first element instead.
const askers = new WeakMap()
document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => askers.set(ctx, ctx.sourceElement?.id))

// What is swapped under the focus takes the focus with it.
let focused = null
document.addEventListener("htmx:before:swap", () => {
  focused = document.activeElement?.closest("[data-board] .card")?.id
})
document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  if (!board) return
  glide(() => {
    const seen = new Set() // a card may come twice: by the answer and by the socket
    for (const card of board.querySelectorAll(".card")) seen.has(card.id) ? card.remove() : seen.add(card.id)
    for (const card of board.querySelectorAll(`.card:not(${HELD})`)) {
      const isElsewhere = card.parentElement !== list(card)
      if (isElsewhere || card.id === askers.get(ctx)) settle(card)
    }
  })
  if (focused && document.activeElement === document.body) focusOn(document.getElementById(focused))
})
