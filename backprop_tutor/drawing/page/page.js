"use strict";
(() => {
  const steps = JSON.parse(document.getElementById("steps").textContent);
  const byData = (kind, name) =>
    [...document.querySelectorAll(`[data-${kind}]`)].filter((element) => element.dataset[kind] === name);
  const slider = document.getElementById("slider");
  const said = document.getElementById("said");
  const figure = document.querySelector("figure");
  const appears = new Map();
  steps.forEach((step) => step.shows.forEach(([kind, name]) =>
    byData(kind, name).forEach((element) => appears.set(element, step.number))));
  let current = 0;

  function show(number) {
    current = Math.max(0, Math.min(steps.length, number));
    slider.value = current;
    document.getElementById("count").textContent = `${current} of ${steps.length}`;
    document.getElementById("first").disabled = document.getElementById("back").disabled = current === 0;
    document.getElementById("last").disabled = document.getElementById("next").disabled = current === steps.length;
    appears.forEach((from, element) => element.classList.toggle("later", from > current));
    document.getElementById("sums").classList.toggle("later", current < steps.length);
    document.querySelectorAll(".lit").forEach((element) => element.classList.remove("lit"));
    document.querySelectorAll("tr[aria-current]").forEach((row) => row.removeAttribute("aria-current"));
    said.replaceChildren();
    const step = steps[current - 1];
    const title = document.createElement("h2");
    if (!step) {
      title.textContent = "The circuit, before the forward pass";
      said.append(title);
      figure.scrollLeft = 0;
      return;
    }
    byData("gate", step.gate).forEach((group) => {
      group.firstElementChild.classList.add("lit");
      const [gate, frame] = [group, figure].map((element) => element.getBoundingClientRect());
      figure.scrollLeft += gate.left + gate.width / 2 - frame.left - frame.width / 2; // a wide circuit moves with it
    });
    step.branches.forEach((name) => byData("branch", name).forEach((wire) => wire.classList.add("lit")));
    const row = document.getElementById(`step-${current}`);
    row.setAttribute("aria-current", "step");
    title.textContent = row.cells[1].textContent;
    said.append(title, ...[...row.cells[2].childNodes].map((child) => child.cloneNode(true)));
  }

  const move = { first: () => 0, back: () => current - 1, next: () => current + 1, last: () => steps.length };
  Object.entries(move).forEach(([id, to]) => document.getElementById(id).addEventListener("click", () => show(to())));
  slider.addEventListener("input", () => show(Number(slider.value)));
  const keys = { ArrowLeft: "back", ArrowRight: "next", Home: "first", End: "last" };
  document.addEventListener("keydown", (event) => {
    const way = keys[event.key];
    if (!way || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    show(move[way]());
  });
  document.getElementById("controls").addEventListener("submit", (event) => event.preventDefault());
  show(0);
})();
