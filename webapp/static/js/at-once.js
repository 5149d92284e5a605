// A filter applies as soon as it is chosen; its panel stays open, at the field that was changed.
const CHANGED = "dozor.filter.changed"

document.addEventListener("change", ({ target }) => {
  const form = target.closest("form[data-at-once]")
  if (!form) return
  sessionStorage.setItem(CHANGED, target.id || `[name="${target.name}"][value="${target.value}"]`)
  form.requestSubmit()
})

const changed = sessionStorage.getItem(CHANGED)
sessionStorage.removeItem(CHANGED)
const field = changed && (document.getElementById(changed) ?? document.querySelector(`form[data-at-once] ${changed}`))
if (field?.closest("details")) {
  field.closest("details").open = true
  field.focus()
}
