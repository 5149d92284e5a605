// Why a key did nothing here. The words stand in the page, and are said once, however often the key is pressed.
const stack = document.querySelector("#toasts")

export function sayWhyNot(what) {
  stack.querySelector("[data-toast^=key-]")?.remove()
  stack.append(document.querySelector(`#key-${what}`).content.cloneNode(true))
}
