// A deal's sheet over the board: opens without leaving it, has its own address, closes by Escape, Back goes back.
import { hideAsked } from "./prompts.js"

const sheet = document.querySelector("#sheet")
const board = document.querySelector("[data-board]")
let opener = null

export function openSheet(path, push = true, link = null) {
  const was = sheet.firstElementChild, waits = link?.closest(".card") ?? link
  opener = document.activeElement
  waits?.setAttribute("aria-busy", "true")
  document.querySelector("#ask").close()
  const answer = window.htmx.ajax("GET", path, { target: "#sheet", swap: "innerHTML" })
  return answer.finally(() => waits?.removeAttribute("aria-busy")).then(() => {
    if (sheet.firstElementChild === was) return // it did not come, and why has been said
    if (push) history.pushState({ sheet: path }, "", path)
    if (!sheet.open) sheet.show()
    name(sheet.querySelector(".deal > header h1 [name=title]")?.value ?? sheet.querySelector("h1")?.textContent.trim())
    sheet.scrollTop = 0
    const wanted = link?.dataset.then && sheet.querySelector(link.dataset.then)
    wanted ? wanted.focus() : sheet.querySelector("[data-close-sheet]")?.focus({ preventScroll: true })
  })
}

// The tab is named by what is looked at; the count of what waits stays before it.
const ofBoard = document.title.replace(/^\(\d+\) | \u00b7 Dozor$/g, "")

function name(what) {
  document.title = `${document.title.match(/^\(\d+\) /)?.[0] ?? ""}${what} \u00b7 Dozor`
}

// Where the board is: by its own address, or at the root, if it was met there.
const isAtRoot = location.pathname === "/"
function home() {
  const address = board?.getAttribute("hx-get") || "/"
  return isAtRoot ? address.replace(/^[^?]*/, "/") : address
}

// What is on its way to be saved is waited for: should it be refused, the sheet stays and says why.
let closesNext = false

export function closeSheet(push = true) {
  if (!sheet.open) return false
  closesNext = push && Boolean(sheet.querySelector("form.htmx-request"))
  if (closesNext) return true
  sheet.close()
  delete sheet.dataset.reading
  sheet.replaceChildren()
  name(ofBoard)
  hideAsked()
  if (push) history.pushState({}, "", home())
  opener?.isConnected && opener.focus({ preventScroll: true })
  return true
}

// What one looks at is there no more, or not for oneself: said above it, and what was typed stays.
export function sayGone(selector) {
  const word = document.querySelector(`${selector} [data-gone]`)
  if (word) word.hidden = false
}

// A deal's own page leads back to the board as it was narrowed in this tab.
const LAST = "dozor.board"
if (board) addEventListener("pagehide", () => sessionStorage.setItem(LAST, home()))
else {
  const back = sessionStorage.getItem(LAST)
  if (back) for (const link of document.querySelectorAll("main [data-close-sheet]")) link.setAttribute("href", back)
}

document.addEventListener("htmx:finally:request", () => {
  if (!closesNext || sheet.querySelector("form.htmx-request")) return
  closesNext = false
  if (!sheet.querySelector("[aria-invalid]")) closeSheet()
})

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

// A sheet's address that was read anew, or come back to, is a page of its own: what lies before it the server has.
const own = location.pathname + location.search

window.addEventListener("popstate", (event) => {
  if (!board) return location.pathname + location.search === own || location.reload()
  if (event.state?.sheet) openSheet(event.state.sheet, false)
  else closeSheet(false)
})

// Escape first leaves a field in which something was changed, which saves it like any leaving; the next one closes.
const isChosen = (field) => field.matches("select, [type=radio], [type=hidden]")
const isChanged = (field) => !isChosen(field) && field.value !== field.defaultValue

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !sheet.open || document.querySelector("dialog:modal, .card.lifted")) return
  event.preventDefault()
  const field = event.target.closest("#sheet :is(input, textarea)")
  if (field && isChanged(field)) field.blur()
  else closeSheet()
})
