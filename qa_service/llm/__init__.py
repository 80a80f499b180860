"""The language model behind one port: llama.cpp in this process, or any server that speaks the OpenAI API."""
