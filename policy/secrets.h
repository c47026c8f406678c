// Keeps passwords that people wrote into RUN lines out of messages, which travel further than
// images do.
#pragma once

#include <string>
#include <string_view>

namespace leangate::policy {

// Replaces by "***", case-insensitively:
//  - who stands before the '@' of a URL's host: "https://user:pw@host" -> "https://***@host";
//  - the value behind a name that ends in token, password, passwd, secret, api_key, api-key,
//    apikey or access_key and a '=': to the closing quote when it is quoted, else to white space or
//    a quote;
//  - the credentials of an Authorization header with the scheme Basic, Bearer or Token.
// Takes time linear in the text. It finds what is usually written, no proof that nothing is left.
std::string hide_secrets(std::string_view text);

}  // namespace leangate::policy
