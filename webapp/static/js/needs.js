// What a column will ask for is said while the card is in the air.
import { board } from "./cards.js"

export let isLifting = false

export function hint(card) {
  isLifting = true
  document.body.classList.add("lifting")
  fetch(`/deals/${card.dataset.deal}/needs`, { headers: { "HX-Request": "true" } })
    .then((answer) => (answer.ok ? answer.json() : {}))
    .then((needs) => isLifting && Object.entries(needs).forEach(([key, fields]) => block(key, fields)))
    .catch(() => {})
}

function block(key, fields) {
  const column = board.querySelector(`[data-stage="${CSS.escape(key)}"]`)
  if (!column || !fields.length) return
  column.classList.add("blocked")
  column.querySelector("[data-need]").textContent = board.dataset.needs.replace("{}", fields.join(", "))
  document.querySelector(`[data-drop="${CSS.escape(key)}"]`)?.classList.add("blocked")
}

export function unhint() {
  isLifting = false
  document.body.classList.remove("lifting")
  for (const each of document.querySelectorAll(".col.blocked, .drop.blocked")) each.classList.remove("blocked")
}
