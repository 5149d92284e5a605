// Selecting many cards: the Select chip, X on a card or Ctrl-click; the bar below moves them all through the same gate.
import { focusOn } from "./cards.js"

const board = document.querySelector("[data-board]")
const bar = document.querySelector("#picked")
const chip = document.querySelector("[data-select]")
const chosen = new Set()
let moved = [] // what has just gone: where the hand that moved it goes on

function show() {
  for (const card of board.querySelectorAll(".card")) card.classList.toggle("chosen", chosen.has(card.dataset.deal))
  bar.hidden = !chosen.size
  bar.querySelector("[data-picked-count]").textContent = chosen.size
  for (const old of bar.querySelectorAll("[name=deal]")) old.remove()
  for (const id of chosen) {
    bar.append(Object.assign(document.createElement("input"), { type: "hidden", name: "deal", value: id }))
  }
}

// What is on the board no more can be seen by nobody who moves "all of them".
function prune() {
  for (const id of chosen) if (!document.getElementById(`deal-${id}`)) chosen.delete(id)
  show()
}

export function choose(card) {
  chosen.delete(card.dataset.deal) || chosen.add(card.dataset.deal)
  show()
}

function stop() {
  chosen.clear()
  board.classList.remove("selecting")
  chip.setAttribute("aria-pressed", "false")
  show()
}

if (board) {
  chip.addEventListener("click", () => {
    if (board.classList.contains("selecting")) return stop()
    board.classList.add("selecting")
    chip.setAttribute("aria-pressed", "true")
  })
  board.addEventListener("click", (event) => {
    const card = event.target.closest(".card")
    if (!card || !(board.classList.contains("selecting") || event.ctrlKey || event.metaKey)) return
    event.preventDefault()
    event.stopPropagation()
    choose(card)
  }, true)
  bar.querySelector("[data-unselect]").addEventListener("click", stop)
  bar.addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
    if (ctx.response.status >= 400) return
    moved = [...chosen]
    stop()
  })
  // The bar with the button is gone: the first card that was moved is next, and not the beginning of the page.
  document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
    const isBack = ctx.sourceElement?.getAttribute?.("hx-post") === "/moves/takebacks"
    if ((ctx.sourceElement !== bar && !isBack) || document.querySelector("dialog[open]")) return
    const { activeElement } = document // a button that is hidden has the focus for one moment more
    if (activeElement !== document.body && !bar.contains(activeElement)) return
    focusOn(document.querySelector(`#deal-${moved[0]}`))
  })
  document.addEventListener("keydown", (event) => {
    const isOn = chosen.size || board.classList.contains("selecting")
    if (event.key === "Escape" && isOn && !document.querySelector("dialog[open], .card.lifted")) stop()
  })
  document.addEventListener("htmx:after:swap", () => chosen.size && prune())
  document.addEventListener("dozor:taken-away", () => chosen.size && prune())
}
