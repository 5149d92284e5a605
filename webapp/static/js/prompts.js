// Work that waits for approval: a prompt stays until it is answered, and a half-typed reason is left alone.
const prompts = document.querySelector("#prompts")
const WRITTEN = "form:not([hidden])[hx-post$=returns]"

export function showPrompts(html) {
  const box = document.createElement("template")
  box.innerHTML = html
  const fresh = [...box.content.children]
  for (const old of [...prompts.children]) if (!fresh.some((each) => each.id === old.id)) old.remove()
  for (const each of fresh) {
    const old = document.getElementById(each.id)
    if (old?.querySelector(WRITTEN)) continue
    old ? old.replaceWith(each) : prompts.append(each)
    window.htmx?.process(each)
  }
  hideAsked()
}

// A page that shows the task itself, with the same two buttons, need not be asked a second time.
export function hideAsked() {
  for (const each of prompts.children) {
    const task = `:is(main, #sheet) [data-task="${each.dataset.approval}"]`
    each.hidden = Boolean(document.querySelector(`${task} [data-accept]`))
  }
}
document.addEventListener("htmx:after:swap", hideAsked)
hideAsked()
