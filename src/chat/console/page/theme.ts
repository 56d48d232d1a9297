// Runs before the first paint, so that a chosen theme never flashes its opposite.
{
  const chosen = localStorage.getItem("breakwater.theme");
  if (chosen === "dark" || chosen === "light") document.documentElement.dataset["theme"] = chosen;
}
