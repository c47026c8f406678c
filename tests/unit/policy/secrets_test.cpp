#include "policy/secrets.h"

#include "tests/support/catch.h"

namespace leangate::policy {

TEST_CASE("secrets of a command line are hidden", "[policy][secrets]") {
  struct Case {
    std::string name;
    std::string text;
    std::string shown;
  };
  const auto row = GENERATE(values<Case>({
      {"user and password",
       "curl https://jane:pw@host.example/x",
       "curl https://***@host.example/x"},
      {"token as user",
       "pip install git+https://ghp_x@github.com/a/b@v1",
       "pip install git+https://***@github.com/a/b@v1"},
      {"an @ in the password", "http://u:p@ss@h/", "http://***@h/"},
      {"several URLs", "a://b:c@d e://f:g@h", "a://***@d e://***@h"},
      {"token", "NPM_TOKEN=abc npm ci", "NPM_TOKEN=*** npm ci"},
      {"option", "tool --password=abc --passwd=def -v", "tool --password=*** --passwd=*** -v"},
      {"upper and lower case",
       "Client_SECRET=a Api_Key=b APIKEY=c",
       "Client_SECRET=*** Api_Key=*** APIKEY=***"},
      {"inside quotes", "curl -d \"token=abc\" x", "curl -d \"token=***\" x"},
      {"double quoted", "password=\"a b\\\"c\" make", "password=\"***\" make"},
      {"single quoted", "password='a b\\' make", "password='***' make"},
      {"escaped quotes", "echo \"password=\\\"a b\\\" x\"", "echo \"password=\\\"***\" x\""},
      {"quote that isn't closed", "token='a b", "token='***"},
      {"in a query", "https://h/?token=a", "https://h/?token=***"},
      {"the end", "x token=", "x token="},
      {"bearer",
       "curl -H \"Authorization: Bearer abc.def\" h",
       "curl -H \"Authorization: Bearer ***\" h"},
      {"basic, lower case, no blank",
       "-H 'authorization:basic YTpi' h",
       "-H 'authorization:basic ***' h"},
      {"GitHub's scheme", "Authorization: token ghp_x y", "Authorization: token *** y"},
  }));
  CAPTURE(row.name);
  CHECK(hide_secrets(row.text) == row.shown);
}

TEST_CASE("what is no secret stays readable", "[policy][secrets]") {
  const auto text = GENERATE(values<std::string>({
      "",
      "RUN pip install torch==2.8.0",
      "npm install https://unpkg.example/left-pad@1.3.0",
      "RUN --mount=type=secret,id=npm make",
      "COPY --from=build /app@1 /app",
      "apt-get install -y tokenizer=1.2",
      "curl https://h.example:8080/a?b=c#d@e",
      "Authorization: none",
      ": :// = token password",
  }));
  CAPTURE(text);
  CHECK(hide_secrets(text) == text);
}

TEST_CASE("hostile repetition only shrinks or grows by a constant factor", "[policy][secrets]") {
  const auto unit = GENERATE(values<std::string>(
      {"token=", "token=\\", "token='", "://", "a://b@", "Authorization:Bearer ", "=", "\\"}));
  std::string text;
  while (text.size() < 1u << 16) {
    text += unit;
  }
  CAPTURE(unit);
  CHECK(hide_secrets(text).size() <= 2 * text.size());
}

}  // namespace leangate::policy
