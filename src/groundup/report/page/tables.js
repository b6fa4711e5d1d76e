// Tables that can be moved with the keyboard where they are wider than the screen.

const wide = (content, words) => make("div", { class: "wide", tabindex: "0", role: "group", "aria-label": words }, content);

// head: words of the columns; an empty one is told to those who cannot see what stands below it.
function table(head, rows, name = null, words = "Table") {
  const cells = head.map((h, k) => make("th", { scope: "col" }, h || make("span", { class: "unseen" }, k ? "remark" : "what")));
  return wide(make("table", { class: name }, make("thead", {}, make("tr", {}, ...cells)), make("tbody", {}, ...rows)), words);
}
