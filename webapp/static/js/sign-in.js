// At the sign-in: the password can be looked at, and in the lesson's firm somebody of the cast is chosen by a press.
const password = document.querySelector("#password")
const shows = document.querySelector("[data-shows-password]")

shows.hidden = false
shows.addEventListener("change", ({ target }) => (password.type = target.checked ? "text" : "password"))
password.form.addEventListener("submit", () => (password.type = "password")) // browsers keep what is a password

for (const one of document.querySelectorAll("[data-cast]")) {
  one.addEventListener("click", () => {
    document.querySelector("#email").value = one.dataset.cast
    password.value = "lesson"
    password.form.requestSubmit()
  })
}
