// Files that would be too much are not sent at all: a browser learns of it only after the last byte.
document.addEventListener(
  "change",
  (event) => {
    const { target } = event
    if (!target.matches?.("input[type=file][data-most]")) return
    const size = [...target.files].reduce((sum, each) => sum + each.size, 0)
    const isTooMuch = size > Number(target.dataset.most)
    target.closest(".files").querySelector("[data-too-much]").hidden = !isTooMuch
    if (!isTooMuch) return
    target.value = ""
    event.stopImmediatePropagation()
  },
  true,
)
