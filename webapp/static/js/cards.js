// Where cards stand: each by its data-column and data-position, whoever brings it. What is in somebody's hand, or on
// its way, is left alone; what came for it meanwhile is caught up on when the hand is empty.
import { mark } from "./fixed.js"
import { parse } from "./html.js"
import { glide } from "./motion.js"

export const board = document.querySelector("[data-board]")
const HELD = ".lifted, .waiting, .ghost, .held"
const missed = new Map() // by deal; null: it is gone
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
  const next = nextOf(card, cards)
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

function nextOf(card, cards) {
  const mine = place(card)
  const others = [...cards.querySelectorAll(":scope > .card")].filter((each) => each !== card && !each.matches(HELD))
  return others.find((each) => before(mine, place(each)))
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
  glide(() => settle(card))
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
      if (isElsewhere || card.id === ctx.sourceElement?.id) settle(card)
    }
  })
  if (focused && document.activeElement === document.body) focusOn(document.getElementById(focused))
})
