// What is being written outlives a closed sheet, a lost page, an ended session: kept in this tab alone, under the
// person and the record. It goes when it is saved, at sign-out, and when somebody else comes in.
const drafts = window.sessionStorage
const mine = `draft:${document.body.dataset.person}:`
const SENT = "sent:" // before the key of a draft whose plain form is on its way
const WRITTEN = "textarea, input:not([type=hidden], [type=radio], [type=checkbox], [type=password], [type=file])"

const keyOf = (form) => mine + form.getAttribute("action")
const keeping = (element) => element.closest?.("form[data-keeps]")
const writtenIn = (form) => [...form.querySelectorAll(WRITTEN)]

export function forget(form) {
  drafts.removeItem(keyOf(form))
}

document.addEventListener("input", ({ target }) => {
  const form = keeping(target)
  if (!form) return
  const written = writtenIn(form).filter((each) => each.value.trim() && each.value !== each.defaultValue)
  if (!written.length) return forget(form)
  drafts.setItem(keyOf(form), JSON.stringify(Object.fromEntries(written.map((each) => [each.name, each.value]))))
})

// Only a blank takes a draft: what the page shows is newer.
export function restore() {
  for (const form of document.querySelectorAll("form[data-keeps]")) {
    const written = JSON.parse(drafts.getItem(keyOf(form)) ?? "{}")
    for (const each of writtenIn(form)) if (!each.value && written[each.name]) each.value = written[each.name]
  }
}

// A plain form was saved if it is not on the page that came, unless that is the answer to a refused one: it stands
// there again, or what it was about is gone, and its draft stays.
function settle() {
  const isRefused = "isAnswer" in document.body.dataset
  const here = new Set([...document.querySelectorAll("form[data-keeps]")].map(keyOf))
  for (const key of Object.keys(drafts)) {
    const draft = key.replace(SENT, "")
    if (draft.startsWith("draft:") && !draft.startsWith(mine)) drafts.removeItem(key)
    else if (key.startsWith(SENT)) {
      if (!here.has(draft) && !isRefused) drafts.removeItem(draft)
      drafts.removeItem(key)
    }
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target
  if (form.matches('[action="/sign-out"]')) drafts.clear()
  else if (keeping(form) && !form.hasAttribute("hx-post")) drafts.setItem(SENT + keyOf(form), "")
})
document.addEventListener("click", ({ target }) => {
  const form = target.closest("[data-close]") && keeping(target)
  if (form) forget(form)
})
document.addEventListener("htmx:after:swap", restore)
settle()
restore()
