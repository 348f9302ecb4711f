// Proposes the browser's own time zone where a form asks for one and nobody has chosen yet.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
for (const field of document.querySelectorAll("[data-zone]")) {
  const known = !field.options || [...field.options].some((option) => option.value === zone);
  if (zone && known && !field.value) field.value = zone;
}
