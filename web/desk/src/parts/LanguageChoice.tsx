import { language, languages, speak, texts } from "../texts";

export function LanguageChoice() {
  return (
    <label class="inline">
      {texts.value.language}
      <select value={language.value} onChange={(event) => speak(event.currentTarget.value)}>
        {languages.map(({ code, name }) => (
          <option key={code} value={code}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
