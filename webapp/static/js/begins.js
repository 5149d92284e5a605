// A page that is there to type on begins in its first field, and so does a form that unfolds. Not on glass, where a
// keyboard would rise over what is to be read first; nor where somebody is already.
const hasKeys = matchMedia("(hover: hover) and (pointer: fine)").matches
const TYPED = "textarea, input:not([type=hidden], [type=checkbox], [type=radio], [type=file])"
const WRONG = "[aria-invalid]"

function begin(form) {
  const field = form.querySelector(WRONG) ?? form.querySelector(TYPED)
  if (hasKeys) field?.focus()
}

const first = document.querySelector("main [data-begins]")
if (first && !location.hash && document.activeElement === document.body) begin(first)

document.addEventListener("click", ({ target }) => {
  const details = target.closest("details.adds > summary")?.parentElement
  if (details) setTimeout(() => details.open && begin(details))
})
