// The board by keyboard: focus a card, Space lifts, arrows move, Enter drops, Escape puts it back; / searches.
import { choose } from "./selecting.js"
import { hint, home, move, speak, unhint } from "./board.js"

const board = document.querySelector("[data-board]")
let lifted = null

function lift(card) {
  lifted = { card, ...home(card) }
  card.classList.add("lifted")
  hint(card)
  speak(board.dataset.lifted)
}

function land() {
  const { card } = lifted
  card.classList.remove("lifted")
  lifted = null
  unhint()
  card.querySelector("a[data-sheet]")?.focus()
  return card
}

function drop() {
  const { from, next } = lifted
  const card = land()
  const key = card.closest("[data-stage]").dataset.stage
  const below = card.nextElementSibling?.matches(".card") ? card.nextElementSibling : null
  const above = card.previousElementSibling?.matches(".card") ? card.previousElementSibling : null
  speak(board.dataset.moved.replace("{}", card.closest("[data-stage]").getAttribute("aria-label")))
  move(card, key, below ? { before: below.dataset.deal } : above ? { after: above.dataset.deal } : {}, { from, next })
}

function putBack() {
  const { card, from, next } = lifted
  from.insertBefore(card, next?.isConnected ? next : null)
  land()
  speak(board.dataset.back)
}

const columns = () => [...board.querySelectorAll("[data-stage]")]
function step(key) {
  const { card } = lifted
  const column = card.closest("[data-stage]"), all = columns()
  if (key === "ArrowUp" || key === "ArrowDown") {
    const other = key === "ArrowUp" ? card.previousElementSibling : card.nextElementSibling
    if (other?.matches(".card")) key === "ArrowUp" ? other.before(card) : other.after(card)
  } else {
    const target = all[all.indexOf(column) + (key === "ArrowRight" ? 1 : -1)]
    if (!target) return
    if (target.dataset.kind === "lost") target.setAttribute("data-open", "")
    target.querySelector("[data-cards]").prepend(card)
    speak(target.getAttribute("aria-label"))
  }
  card.scrollIntoView({ block: "nearest", inline: "nearest" })
  card.querySelector("a[data-sheet]")?.focus()
}

function wander(card, key) {
  const column = card.closest("[data-stage]"), all = columns()
  let other = key === "ArrowUp" ? card.previousElementSibling : card.nextElementSibling
  if (key === "ArrowLeft" || key === "ArrowRight") {
    const by = key === "ArrowRight" ? 1 : -1
    for (let n = all.indexOf(column) + by; all[n]; n += by) {
      other = all[n].querySelector(".card")
      if (other) break
    }
  }
  if (other?.matches?.(".card")) other.querySelector("a[data-sheet]").focus()
}

document.addEventListener("keydown", (event) => {
  if (event.target.matches("input, textarea, select, [contenteditable]") || document.querySelector("dialog:modal")) return
  if (event.ctrlKey || event.metaKey || event.altKey) return
  if (event.key === "/") {
    event.preventDefault()
    document.querySelector("#search").focus()
  }
  if (event.key === "?") showKeys()
  if (!board) return
  const card = event.target.closest(".card")
  const arrow = event.key.startsWith("Arrow")
  if (lifted && (arrow || ["Enter", " ", "Escape"].includes(event.key))) {
    event.preventDefault()
    arrow ? step(event.key) : event.key === "Escape" ? putBack() : drop()
  } else if (card && event.key === " ") {
    event.preventDefault()
    lift(card)
  } else if (card && event.key.toLowerCase() === "x") {
    event.preventDefault()
    choose(card)
  } else if (card && arrow) {
    event.preventDefault()
    wander(card, event.key)
  }
}, true)

function showKeys() {
  document.querySelector("#ask").replaceChildren(document.querySelector("#keys").content.cloneNode(true))
}
document.addEventListener("click", (event) => event.target.closest("[data-keys]") && showKeys())
