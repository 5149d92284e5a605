// Asking again: whatever on the page has its own address is fetched anew, and morphs into what is true.
import { board } from "./cards.js"
import { isBusy } from "./moves.js"

const AWAY_MS = 60000
let waiting = null, hiddenAt = 0

export function refresh(selector, within) {
  const found = document.querySelector(selector)
  const target = found && within ? found.closest(within) : found
  if (target?.hasAttribute("hx-get")) window.htmx.trigger(target, "refresh")
}

// Many causes in a moment ask once, and not while something is in a hand.
export function refreshSoon() {
  clearTimeout(waiting)
  waiting = setTimeout(() => (isBusy() ? refreshSoon() : refresh("[data-board]")), 300)
}

// Not while somebody looks for whose call it was: what was heard meanwhile is looked up when they have done.
export function refreshCalls() {
  if (!document.querySelector('[data-refreshes="calls"] details[open]')) refresh('[data-refreshes="calls"]')
}

// The numbers of the bar and what hangs on them; toasts come by the socket, which knows what this page has had.
export function refreshCounters() {
  window.htmx.ajax("GET", "/frame", { target: "#toasts", swap: "none" }).catch(() => {})
}

// How a head's people do today: several changes in a moment are asked for once.
let asksPeople = null
export function refreshPeople() {
  clearTimeout(asksPeople)
  asksPeople = setTimeout(() => refresh("#my-people"), 1000)
}

// An open editor of the set-up brings what stands beside it.
export function refreshDraft() {
  refresh(document.querySelector("[data-editor][hx-get]") ? "[data-editor]" : '[data-refreshes="draft"]')
}

export function catchUp() {
  if (board) refreshSoon()
  refresh("#deal-sheet")
  refresh("#inbox")
  refreshPeople()
  refresh("#tasks")
  refresh('[data-refreshes="important"]')
  refreshCalls()
  refresh('[data-refreshes="chart"]')
  refreshDraft()
}

// A refresh brings as much of a column as was there, or what somebody scrolled to would go away.
document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  if (!board || ctx.sourceElement !== board || ctx.request.method !== "GET") return
  for (const column of board.querySelectorAll("[data-stage]")) {
    const many = column.querySelectorAll(".card").length
    if (many) ctx.request.body.append("loaded", `${column.dataset.stage}:${many}`)
  }
})

document.addEventListener("dozor:ask-again", refreshSoon)
document.addEventListener("visibilitychange", () => {
  if (document.hidden) hiddenAt = Date.now()
  else if (hiddenAt && Date.now() - hiddenAt > AWAY_MS) catchUp()
})
window.addEventListener("pageshow", (event) => event.persisted && catchUp())
