// What somebody is typing is theirs: no morph takes it away, and Ctrl-Enter sends it.
import { forget } from "./drafts.js"

const WRITTEN = "#deal-sheet form, .task form"

// While a field has the focus, or holds what is not sent yet or was refused, morphs leave its form alone.
document.addEventListener("focusin", (event) => event.target.closest(WRITTEN)?.setAttribute("hx-morph-skip", ""))
document.addEventListener("focusout", (event) => {
  const form = event.target.closest(WRITTEN)
  if (form && !isDirty(form)) form.removeAttribute("hx-morph-skip")
})
const isDirty = (form) => form.querySelector("[aria-invalid]") || [...form.elements].some(isChanged)

// Whether it holds something else than the page came with.
export function isChanged(field) {
  if (field.matches("select")) return [...field.options].some((each) => each.selected !== isOffered(each, field))
  if (field.matches("[type=checkbox], [type=radio]")) return field.checked !== field.defaultChecked
  return field.matches("textarea, input:not([type=hidden])") && field.value !== field.defaultValue
}
const isOffered = (option, { options, multiple }) =>
  option.defaultSelected || (!multiple && option === options[0] && ![...options].some((each) => each.defaultSelected))

// A task that was unfolded on its deal's sheet refreshes itself: the sheet leaves it as it is.
const UNFOLDED = "#deal-sheet .task[hx-get]"
document.addEventListener("htmx:before:swap", ({ detail: { ctx } }) => {
  for (const each of document.querySelectorAll(UNFOLDED)) {
    each.toggleAttribute("hx-morph-skip", !each.contains(ctx.sourceElement))
  }
})
document.addEventListener("htmx:after:swap", () => {
  for (const each of document.querySelectorAll(UNFOLDED)) each.removeAttribute("hx-morph-skip")
})

// Whether somebody has typed on while what they had typed was on its way.
const TYPED = "textarea, input:not([type=hidden], [type=radio], [type=checkbox], [type=file])"
const isMore = (field, sent) => sent?.has?.(field.name) && sent.get(field.name) !== field.value
const isFurther = (form, sent) => [...form.querySelectorAll(TYPED)].some((each) => isMore(each, sent))

document.addEventListener("htmx:before:swap", (event) => {
  const { sourceElement, request, response } = event.detail.ctx
  const form = sourceElement?.closest?.("form")
  if (!form || request?.method !== "POST" || sourceElement.matches("[data-beside]")) return
  if (isFurther(form, request.body)) return
  form.removeAttribute("hx-morph-skip")
  if (response?.status >= 400) return
  forget(form)
  form.reset?.()
})

// A move is of the deal as it stands here when it is sent, which may be after an edit that was on its way.
document.addEventListener("htmx:before:request", (event) => {
  const { sourceElement, request } = event.detail.ctx
  const deal = sourceElement?.closest?.("[data-move-form]")?.closest("[data-version]")
  if (deal && request.body?.has?.("version")) request.body.set("version", deal.dataset.version)
})

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || !event.target.matches("form textarea")) return
  event.preventDefault()
  event.target.form.requestSubmit()
})
