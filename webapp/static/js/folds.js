// Any column can be folded to a narrow one, in this browser until it is unfolded. Lost is so until it is wanted.
const FOLDED = "dozor.folded", LOST = "dozor.lost.open"
const columns = () => [...document.querySelectorAll("[data-stage]")]
const isLost = (column) => column.dataset.kind === "lost"
const isFolded = (column) => (isLost(column) ? !column.hasAttribute("data-open") : column.hasAttribute("data-folded"))

export function unfold(column, is = true) {
  column.toggleAttribute(isLost(column) ? "data-open" : "data-folded", isLost(column) ? is : !is)
  fold()
}

export function fold() {
  for (const button of document.querySelectorAll("[data-fold]"))
    button.setAttribute("aria-expanded", !isFolded(button.closest("[data-stage]")))
}

const kept = () => JSON.parse(localStorage.getItem(FOLDED) ?? "[]")

function keep(column) {
  if (isLost(column)) return isFolded(column) ? localStorage.removeItem(LOST) : localStorage.setItem(LOST, "")
  const others = kept().filter((each) => each !== column.id)
  localStorage.setItem(FOLDED, JSON.stringify(isFolded(column) ? [...others, column.id] : others))
}

document.addEventListener("click", ({ target }) => {
  const column = target.closest("[data-stage] > header")?.parentElement
  if (!column || !(target.closest("[data-fold]") || isLost(column) || isFolded(column))) return
  unfold(column, isFolded(column))
  keep(column)
})
document.addEventListener("htmx:after:swap", fold)

for (const column of columns()) {
  if (isLost(column) ? localStorage.getItem(LOST) !== null : kept().includes(column.id)) unfold(column, isLost(column))
}
fold()
