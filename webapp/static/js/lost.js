// Lost is a narrow column until it is wanted, and then as wide as others in this browser until it is folded again.
const OPEN = "dozor.lost.open"
const column = () => document.querySelector('[data-stage][data-kind="lost"]')

document.addEventListener("click", (event) => {
  const head = event.target.closest('[data-kind="lost"] > header')
  if (!head) return
  const isOpen = head.parentElement.toggleAttribute("data-open")
  isOpen ? localStorage.setItem(OPEN, "") : localStorage.removeItem(OPEN)
  fold()
})

export function fold() {
  const button = document.querySelector("[data-fold]")
  button?.setAttribute("aria-expanded", button.closest("[data-stage]").hasAttribute("data-open"))
}
document.addEventListener("htmx:after:swap", fold)

if (localStorage.getItem(OPEN) !== null) column()?.setAttribute("data-open", "")
fold()
