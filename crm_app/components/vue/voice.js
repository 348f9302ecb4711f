// Speaking and listening by the engine that the browser has, if it has one; without one nothing is drawn. "Listen" writes what it hears into the
// text box of the form around it; "read" says its words aloud. Nothing of either passes through our server.
const Heard = window.SpeechRecognition || window.webkitSpeechRecognition;
const speech = window.speechSynthesis;

export default {
  emits: ["refused"],
  props: { way: String, words: String, language: String, labels: Object },
  template: `
    <button v-if="able" type="button" class="mc-btn mc-ghost mc-square mc-h28 q-btn" :class="{'mc-hearing': active}" :aria-pressed="active ? 'true' : 'false'"
        :aria-label="label" :title="label + (way === 'listen' && !active ? '. ' + labels.who : '')" @click="toggle">
      <q-icon :name="'lu-' + glyph" class="mc-icon" aria-hidden="true"></q-icon>
    </button>`,
  data() {
    return { active: false, engine: null };
  },
  computed: {
    able() { return this.way === "listen" ? !!Heard : !!speech; },
    label() { return this.active ? this.labels.stop : this.labels.start; },
    glyph() { return this.active ? "square" : this.way === "listen" ? "mic" : "play"; },
  },
  beforeUnmount() { this.stop(); },
  methods: {
    toggle() { this.active ? this.stop() : this.way === "listen" ? this.listen() : this.read(); },
    stop() {
      if (!this.active) return;
      this.active = false;
      if (this.way === "listen") this.engine?.stop();
      else speech.cancel();
    },
    read() {
      speech.cancel();
      const said = new SpeechSynthesisUtterance(this.words);
      said.lang = this.language;
      said.onend = said.onerror = () => (this.active = false);
      this.active = true;
      speech.speak(said);
    },
    listen() {
      const field = this.$el.closest(".mc-composer")?.querySelector("textarea");
      if (!field) return;
      const engine = (this.engine = new Heard());
      const before = field.value && !/\s$/.test(field.value) ? field.value + " " : field.value;
      engine.lang = this.language;
      engine.interimResults = engine.continuous = true;
      let written = field.value;
      engine.onresult = (event) => {
        if (field.value !== written) return engine.abort(); // it was sent, or somebody types: what is heard is not written over that
        field.value = written = before + [...event.results].map((one) => one[0].transcript).join("");
        field.dispatchEvent(new Event("input", { bubbles: true }));
      };
      engine.onend = () => (this.active = false);
      engine.onerror = (event) => {
        this.active = false;
        if (event.error !== "no-speech" && event.error !== "aborted") this.$emit("refused", event.error);
      };
      this.active = true;
      engine.start();
    },
  },
};
