// A button that opens a form in place, and closes it again; the focus goes where one types.
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]")
  if (opener) toggle(document.querySelector(opener.dataset.opens))
  const summary = event.target.closest(".task summary")
  if (summary) setTimeout(() => summary.closest("details[open]")?.querySelector("textarea")?.focus())
})

function toggle(form) {
  form.hidden = !form.hidden
  if (form.matches(".quick")) form.toggleAttribute("hx-morph-skip", !form.hidden) // what is typed outlives a refresh
  if (!form.hidden) form.querySelector("textarea, input:not([type=hidden])")?.focus()
}

// What was opened is left by Escape, and the focus goes back to where it was opened.
document.addEventListener("keydown", (event) => {
  const form = event.key === "Escape" && event.target.closest(".quick, .toast form[id]")
  if (!form) return
  event.stopPropagation()
  const opener = document.querySelector(`[data-opens="#${form.id}"]`)
  opener.click()
  opener.focus()
})
