// A stand-in for miniaudio, written for the tests: the module zip of Ollama leaves the real one out, and no test sends audio.
// Every call answers MA_ERROR, so that a sound would be refused and never half read.
#pragma once
#include <errno.h>
#include <stdarg.h>
#include <string.h>

typedef int ma_result;
typedef unsigned long long ma_uint64;
enum { MA_SUCCESS = 0, MA_ERROR = -1 };
enum ma_format { ma_format_f32 = 5 };
struct ma_decoder_config {};
struct ma_decoder {};

static ma_decoder_config ma_decoder_config_init(ma_format, unsigned, unsigned) { return {}; }
static ma_result ma_decoder_init_memory(const void *, size_t, const ma_decoder_config *, ma_decoder *) { return MA_ERROR; }
static ma_result ma_decoder_get_length_in_pcm_frames(ma_decoder *, ma_uint64 *) { return MA_ERROR; }
static ma_result ma_decoder_read_pcm_frames(ma_decoder *, void *, ma_uint64, ma_uint64 *) { return MA_ERROR; }
static ma_result ma_decoder_uninit(ma_decoder *) { return MA_SUCCESS; }
