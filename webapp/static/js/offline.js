// The worker beside the pages (sw.js). A page that it kept says as of when it is.
import { unlessLeaving } from "./leaving.js"

navigator.serviceWorker?.register("/sw.js")

const { asOf } = document.body.dataset
if (asOf) {
  const notice = document.querySelector("#kept")
  const at = new Date(Number(asOf))
  const when = at.toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" })
  notice.textContent = notice.dataset.words.replace("{}", when)
  notice.hidden = false
  addEventListener("online", () => unlessLeaving(() => location.reload()))
}
