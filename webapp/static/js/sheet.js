// A deal's sheet over the board: opens without leaving it, has its own address, closes by Escape, Back goes back.
const sheet = document.querySelector("#sheet")
const board = document.querySelector("[data-board]")
let opener = null

export function openSheet(path, push = true, link = null) {
  const was = sheet.firstElementChild, waits = link?.closest(".card") ?? link
  opener = document.activeElement
  waits?.setAttribute("aria-busy", "true")
  return window.htmx.ajax("GET", path, { target: "#sheet", swap: "innerHTML" }).finally(() => waits?.removeAttribute("aria-busy")).then(() => {
    if (sheet.firstElementChild === was) return // it did not come, and why has been said
    if (push) history.pushState({ sheet: path }, "", path)
    if (!sheet.open) sheet.show()
    sheet.scrollTop = 0
    sheet.querySelector("[data-close-sheet]")?.focus({ preventScroll: true })
  })
}

export function closeSheet(push = true) {
  if (!sheet.open) return false
  sheet.close()
  sheet.replaceChildren()
  if (push) history.pushState({}, "", board?.getAttribute("hx-get") || "/")
  opener?.isConnected && opener.focus({ preventScroll: true })
  return true
}

document.addEventListener("click", (event) => {
  if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return
  const link = event.target.closest("a[data-sheet]")
  if (link && board) {
    event.preventDefault()
    openSheet(link.getAttribute("href"), true, link)
  }
  const close = event.target.closest("[data-close-sheet]")
  if (close && sheet.open) {
    event.preventDefault()
    closeSheet()
  }
})

window.addEventListener("popstate", (event) => {
  if (!board) return
  if (event.state?.sheet) openSheet(event.state.sheet, false)
  else closeSheet(false)
})

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !document.querySelector("dialog:modal") && !document.querySelector(".card.lifted") && closeSheet()) event.preventDefault()
})

// What somebody is typing is never swapped away: while a field has the focus, morphs leave it and its form alone.
document.addEventListener("focusin", (event) => event.target.closest("#deal-sheet form, .task form")?.setAttribute("hx-morph-skip", ""))
document.addEventListener("focusout", (event) => {
  const form = event.target.closest("#deal-sheet form, .task form")
  if (form && !isDirty(form)) form.removeAttribute("hx-morph-skip")
})
const isDirty = (form) => form.matches("[data-keeps]") && [...form.querySelectorAll("textarea")].some((each) => each.value.trim())

document.addEventListener("htmx:before:swap", (event) => {
  const source = event.detail.ctx.sourceElement
  const form = source?.closest?.("form")
  if (form && event.detail.ctx.request?.method === "POST") {
    form.removeAttribute("hx-morph-skip")
    if (event.detail.ctx.response?.status < 400) form.reset?.()
  }
})
