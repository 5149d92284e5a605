// A card that its reader may not move is fixed: no hand lifts it, and its menu says why. Cards are alike for all
// readers, so each names who may write it, and the page what its reader writes as. The server judges all the same.
const board = document.querySelector("[data-board]")
const body = document.body

export function isFixed(card) {
  const mine = body.dataset.writesAs.split(" ")
  return !card.dataset.writers.split(" ").some((each) => mine.includes(each))
}

export const explain = (card) => card.querySelector("[data-move-to]").click()

export function mark(card) {
  const is = isFixed(card), menu = card.querySelector("[data-move-to]")
  card.toggleAttribute("data-fixed", is)
  for (const each of [card, menu]) is ? each.setAttribute("title", why(card)) : each.removeAttribute("title")
}
const why = (card) => board.dataset.whyFixed.replace("{}", card.querySelector(".face").title)

export function markAll() {
  for (const card of board?.querySelectorAll(".card") ?? []) mark(card)
}

// Rights may change while a page is open.
export function become(writesAs) {
  body.dataset.writesAs = writesAs
  markAll()
}

// Nor is its link dragged in the browser's own way, which would look like lifting.
document.addEventListener("dragstart", (event) => event.target.closest?.("[data-fixed]") && event.preventDefault())
document.addEventListener("htmx:after:swap", markAll)
markAll()
