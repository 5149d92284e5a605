// The board by keyboard: focus a card, Space lifts, arrows move, Enter drops, Escape puts it back; / searches.
import { board, focusOn, lay, neighbours, putBack, remember } from "./cards.js"
import { explain, isFixed } from "./fixed.js"
import { isLetter, isQuestion, isSlash } from "./keys.js"
import { unfold } from "./folds.js"
import { glide } from "./motion.js"
import { move } from "./moves.js"
import { hint, unhint } from "./needs.js"
import { speak } from "./says.js"
import { choose } from "./selecting.js"
import { sayWhyNot } from "./why-not.js"

let lifted = null

function lift(card) {
  if (card.matches(".waiting")) return // on its way already: the server's answer comes first
  if (isFixed(card)) return explain(card)
  lifted = card
  remember(card)
  card.classList.add("lifted")
  hint(card)
  speak(board.dataset.lifted)
}

function land() {
  const card = lifted
  card.classList.remove("lifted")
  lifted = null
  unhint()
  focusOn(card)
  return card
}

function drop() {
  const card = land()
  move(card, card.closest("[data-stage]").dataset.stage, neighbours(card))
}

function giveUp() {
  putBack(land())
  speak(board.dataset.back)
}

const columns = () => [...board.querySelectorAll("[data-stage]")]
function step(key) {
  const card = lifted, column = card.closest("[data-stage]"), all = columns()
  if (key === "ArrowUp" || key === "ArrowDown") {
    const other = key === "ArrowUp" ? card.previousElementSibling : card.nextElementSibling
    if (other?.matches(".card")) glide(() => (key === "ArrowUp" ? other.before(card) : other.after(card)))
  } else {
    const target = all[all.indexOf(column) + (key === "ArrowRight" ? 1 : -1)]
    if (!target) return
    unfold(target)
    glide(() => lay(card, target))
    const need = target.matches(".blocked") ? target.querySelector("[data-need]").textContent : ""
    speak([target.getAttribute("aria-label"), need].join(". "))
  }
  card.scrollIntoView({ block: "nearest", inline: "nearest" })
  focusOn(card)
}

// A folded column is passed over: what nobody sees cannot have the focus.
const firstOf = (column) => [...column.querySelectorAll(".card")].find((card) => card.checkVisibility())
function beside(card, by) {
  const all = columns(), here = all.indexOf(card.closest("[data-stage]"))
  const others = by > 0 ? all.slice(here + 1) : all.slice(0, here).reverse()
  return others.map(firstOf).find(Boolean)
}

const AROUND = {
  ArrowUp: (card) => card.previousElementSibling,
  ArrowDown: (card) => card.nextElementSibling,
  ArrowLeft: (card) => beside(card, -1),
  ArrowRight: (card) => beside(card, 1),
}

function wander(card, key) {
  const other = AROUND[key](card)
  if (other?.matches(".card")) other.querySelector("a[data-sheet]").focus()
}

// A key for cards before any is chosen chooses the first one, to be seen before something is done with it.
const isOfCards = (event) => [" ", "Enter"].includes(event.key) || event.key.startsWith("Arrow") || isLetter(event, "x")
function begin() {
  const first = columns().map(firstOf).find(Boolean)
  first ? focusOn(first) : sayWhyNot("no-card")
  first?.scrollIntoView({ block: "nearest", inline: "nearest" })
}

document.addEventListener("pointerdown", (event) => lifted && !lifted.contains(event.target) && giveUp(), true)

document.addEventListener("keydown", (event) => {
  if (event.target.matches("input, textarea, select, [contenteditable]")) return
  if (event.key === " " && event.target.matches("a[role=button]")) return event.preventDefault(), event.target.click()
  if (document.querySelector("dialog:modal")) return
  if (event.ctrlKey || event.metaKey || event.altKey) return
  if (isSlash(event)) {
    event.preventDefault()
    document.querySelector("#search").focus()
  }
  if (isQuestion(event)) showKeys()
  if (!board) return
  const card = event.target.closest(".card")
  const arrow = event.key.startsWith("Arrow")
  if (lifted && (arrow || ["Enter", " ", "Escape", "Tab"].includes(event.key))) {
    event.preventDefault()
    arrow ? step(event.key) : ["Escape", "Tab"].includes(event.key) ? giveUp() : drop()
  } else if (card && event.key === " ") {
    event.preventDefault()
    lift(card)
  } else if (card && isLetter(event, "x")) {
    event.preventDefault()
    choose(card)
  } else if (card && arrow) {
    event.preventDefault()
    wander(card, event.key)
  } else if (event.target === document.body && isOfCards(event) && !document.querySelector("dialog[open]")) {
    event.preventDefault()
    begin()
  }
}, true)

function showKeys() {
  document.querySelector("#ask").replaceChildren(document.querySelector("#keys").content.cloneNode(true))
}
document.addEventListener("click", (event) => event.target.closest("[data-keys]") && showKeys())
