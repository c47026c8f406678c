// How much of anything a registry may send. Every number bounds memory or time that a stranger
// could otherwise spend for us; going beyond one is an error, never a truncated answer.
#pragma once

#include <cstddef>

namespace leangate::registry {

// Manifests, indexes and configs. distribution-spec obliges registries to take manifests of 4 MiB
// and lets them refuse larger ones; real configs stay under 100 KiB.
inline constexpr std::size_t kMaxDocumentBytes = 4u << 20;
inline constexpr std::size_t kMaxTokenAnswerBytes = 128u << 10;
// Read so that the connection can be used again; more is not worth it.
inline constexpr std::size_t kMaxErrorBytes = 64u << 10;

inline constexpr std::size_t kMaxChallengeBytes = 8u << 10;
inline constexpr std::size_t kMaxChallenges = 16;
inline constexpr std::size_t kMaxTokenBytes = 32u << 10;

inline constexpr std::size_t kMaxJsonDepth = 64;
// 1,000 index entries take about 20 nodes each; twice that. Bounds a tree to about 6 MB.
inline constexpr std::size_t kMaxJsonNodes = 50'000;

inline constexpr std::size_t kMaxLayers = 1'000;
inline constexpr std::size_t kMaxIndexEntries = 1'000;
inline constexpr std::size_t kMaxHistoryEntries = 2'000;
inline constexpr std::size_t kMaxMapEntries = 1'000;  // labels, annotations, environment
// Longer texts are cut: no check looks further, and a message shows 200 characters.
inline constexpr std::size_t kMaxTextBytes = 4u << 10;

inline constexpr int kMaxRedirects = 5;
inline constexpr int kMaxIndexDepth = 3;
// The largest official images have about 15 platforms; Windows variants add some.
inline constexpr std::size_t kMaxPlatforms = 64;
// Manifests or configs fetched together. Ordinary ones have a few KiB, so that even all platforms
// of a large index stay far below.
inline constexpr std::uint64_t kMaxDocumentsBytes = 16u << 20;
// Credentials tried for one image, one after the other.
inline constexpr std::size_t kMaxCredentialsTried = 8;
// A program's answer: a cloud's password has up to 4 KiB, and there is one for each host of it.
inline constexpr std::size_t kMaxProgramAnswerBytes = 128u << 10;
inline constexpr std::size_t kMaxProviderCredentials = 256;
inline constexpr std::size_t kMaxCachedTokens = 4'096;
inline constexpr std::size_t kMaxCachedChallenges = 1'024;  // and other notes by origin
// Hosts that fail, and pairs of host and credential that were limited: about 200 bytes each.
inline constexpr std::size_t kMaxCircuits = 1'024;
inline constexpr std::size_t kMaxCoolDowns = 4'096;

}  // namespace leangate::registry
