// Lost is a narrow column until it is wanted.
document.addEventListener("click", (event) => {
  const head = event.target.closest('[data-kind="lost"] > header')
  if (!head) return
  head.parentElement.toggleAttribute("data-open")
  fold()
})

export function fold() {
  const button = document.querySelector("[data-fold]")
  button?.setAttribute("aria-expanded", button.closest("[data-stage]").hasAttribute("data-open"))
}
document.addEventListener("htmx:after:swap", fold)
