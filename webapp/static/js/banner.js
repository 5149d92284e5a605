// The lesson's word above the pages is put away by each person for themselves, in this browser.
document.addEventListener("click", ({ target }) => {
  if (!target.closest("[data-banner-away]")) return
  document.cookie = `dozor_lesson_read=${document.body.dataset.person}; path=/; max-age=31536000; samesite=lax`
  target.closest(".notice").remove()
})
