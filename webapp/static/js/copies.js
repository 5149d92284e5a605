// [data-copies="ID"] copies the text of that element; where the browser forbids it, the text is selected for the hand.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copies]")
  if (!button) return
  const source = document.getElementById(button.dataset.copies)
  try {
    await navigator.clipboard.writeText(source.textContent)
    button.textContent = button.dataset.copied
  } catch {
    getSelection().selectAllChildren(source)
  }
})
