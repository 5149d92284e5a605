// A title is one line however long it is: its control grows with it, Enter sends the form as from any line, and a line
// break that is pasted is a blank.
const isLine = (target) => target.matches?.("[data-one-line]")
const BREAKS = /\s*[\r\n]+\s*/g
const flat = (words) => words.replace(BREAKS, " ")

// Asked of what would be written and not of the key: keyboards on glass have none, and an Enter may choose a word.
document.addEventListener("beforeinput", (event) => {
  const { target, inputType } = event
  if (!isLine(target) || !["insertLineBreak", "insertParagraph"].includes(inputType)) return
  event.preventDefault()
  const first = [...target.form.elements].find((each) => each.type === "submit" && !each.disabled)
  target.form.requestSubmit(first)
})

document.addEventListener("input", ({ target }) => {
  if (!isLine(target)) return
  if (/[\r\n]/.test(target.value)) {
    const caret = flat(target.value.slice(0, target.selectionStart)).length
    target.value = flat(target.value)
    target.setSelectionRange(caret, caret)
  }
  grow(target)
}, true)

// Where the style cannot make it grow, its rows do.
const GROWS = CSS.supports("field-sizing", "content"), MOST = 8
function grow(field) {
  if (GROWS) return
  field.rows = 1
  while (field.rows < MOST && field.scrollHeight > field.clientHeight) field.rows += 1
}
const all = () => document.querySelectorAll("[data-one-line]").forEach(grow)
document.addEventListener("htmx:after:swap", all)
all()
