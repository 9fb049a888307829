// Copying a citation, and saying so; where the browser refuses, the text is there to be selected.

let toasted = 0;

const toast = (text) => {
  clearTimeout(toasted);
  fill($("toast"), text);
  $("toast").classList.add("on");
  toasted = setTimeout(() => $("toast").classList.remove("on"), 4000);
};

const copyText = async (text) => {
  try {
    await navigator.clipboard.writeText(text);
    toast(`Copied: ${text}`);
  } catch {
    $("copy-text").value = text;
    if (!$("copy").open) $("copy").showModal();
    $("copy-text").focus();
    $("copy-text").select();
  }
};

const copyFigure = (it) => copyText(citation(it));
