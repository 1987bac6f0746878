export const demoCommand = async () => {};
